"""What the terms come to: compiled once, run over reported measures period by period, explained step by step."""
