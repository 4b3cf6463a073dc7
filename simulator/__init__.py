"""Real servers on loopback that stand in for the providers of telephony; imports nothing of the product."""
