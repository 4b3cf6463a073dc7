import atexit
import gc

from django.apps import AppConfig


class CallcenterConfig(AppConfig):
    name = "callcenter"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the checks, and make the Celery app current: tasks of any process go to its broker."""
        from callcenter import celery, checks  # noqa: F401

        # Python would look for garbage among all modules before it exits: 0.4 s of every stop, for nothing.
        atexit.register(gc.freeze)
