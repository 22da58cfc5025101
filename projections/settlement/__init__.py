"""What is owed: what falls due, the statements of it, what changed since, and what was paid."""
