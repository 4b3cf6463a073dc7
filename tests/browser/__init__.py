"""The pages in a real browser, against the whole product as a user runs it."""
