from django.apps import AppConfig


class CallcenterConfig(AppConfig):
    name = "callcenter"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make the Celery app current, so that tasks queued by any process go to our broker."""
        from callcenter import celery  # noqa: F401
