"""What the page of one call shows: pure text and shapes from its rows, and `shown.py`, which reads them."""
