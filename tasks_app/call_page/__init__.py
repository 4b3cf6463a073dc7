"""The page of one call: pure text and shapes from its rows; `shown.py` reads them, `view.py` answers."""
