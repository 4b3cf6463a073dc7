"""Twilio as it is seen from outside: REST, signed webhooks, TwiML and Media Streams."""
