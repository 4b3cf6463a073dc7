"""Language models that judge a finished call: one adapter a provider, all behind the protocol in `base.py`."""
