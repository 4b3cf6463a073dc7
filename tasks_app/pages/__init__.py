"""The pages of tasks: the list and its export, writing a task, and the review before dialling."""
