"""The people who answer: scenarios as data, and the one who acts them out."""
