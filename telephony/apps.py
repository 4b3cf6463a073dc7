from django.apps import AppConfig


class TelephonyConfig(AppConfig):
    name = "telephony"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Follow our own recordings to their transcripts, and tell the telemetry of calls that end."""
        from telephony import measures, transcripts

        measures.connect()
        transcripts.connect()
