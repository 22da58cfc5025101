"""How a contract says what it says: formulas and flows as values, their text, and back."""
