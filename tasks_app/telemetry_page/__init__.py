"""The page of numbers: how calls went, and how long everything took."""
