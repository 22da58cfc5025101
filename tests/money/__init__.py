"""What deals come to, worked out a second time by somebody who has only read the docs."""
