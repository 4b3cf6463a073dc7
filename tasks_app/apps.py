from django.apps import AppConfig


class TasksConfig(AppConfig):
    name = "tasks_app"
    verbose_name = "Tasks"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Follow telephony's signals, and know what an id in a route is."""
        from tasks_app import path_ids, receivers  # noqa: F401

        receivers.connect()
