"""Who may come in, which requests were already answered, and which folder all processes share."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, User
from django.db import models
from django.utils import timezone

SIGN_IN_LINK_LIFETIME = timedelta(hours=24)
IDEMPOTENCY_LIFETIME = timedelta(hours=24)
UNANSWERED_LIFETIME = timedelta(seconds=60)
"""After this long without an answer a request has died with its process, and may be carried out again."""

LAST_USED_PRECISION = timedelta(minutes=1)


def _digest(secret: str) -> str:
    """SHA-256 is enough for these: they carry 256 random bits, so there is nothing to guess."""
    return hashlib.sha256(secret.encode()).hexdigest()


class ApiKey(models.Model):
    """A program's key: `cc_<prefix>_<secret>`, of which only a digest is kept."""

    prefix = models.CharField(max_length=8, unique=True, editable=False)
    digest = models.CharField(max_length=64, editable=False)
    name = models.CharField(max_length=100)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_keys")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(null=True, editable=False, help_text="To the minute.")
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at",)
        verbose_name = "API key"

    def __str__(self) -> str:
        return f"{self.name} (cc_{self.prefix}_...)"

    @classmethod
    def issue(cls, *, owner: AbstractBaseUser, name: str) -> tuple[ApiKey, str]:
        """Make a key; the text returned beside it is shown once and cannot be read again."""
        row = cls(name=name, owner_id=owner.pk)
        text = row.take_new_secret()
        row.save()
        return row, text

    def take_new_secret(self) -> str:
        """Give this unsaved key a fresh secret; returns the whole key's text."""
        secret = secrets.token_urlsafe(32)
        self.prefix, self.digest = secrets.token_hex(4), _digest(secret)
        return f"cc_{self.prefix}_{secret}"

    @classmethod
    def usable(cls) -> models.QuerySet[ApiKey]:
        """The keys that were not revoked, of people who were not deactivated."""
        return cls.objects.filter(revoked_at=None, owner__is_active=True)

    @classmethod
    def find(cls, text: str) -> ApiKey | None:
        """The key this text belongs to, unless it is wrong or revoked, or its owner was deactivated."""
        scheme, _, rest = text.partition("_")
        prefix, _, secret = rest.partition("_")
        if scheme != "cc":
            return None
        key = cls.usable().select_related("owner").filter(prefix=prefix).first()
        if key is None or not hmac.compare_digest(key.digest, _digest(secret)):
            return None
        key.note_use(timezone.now())
        return key

    def note_use(self, now: datetime) -> None:
        """Write when the key was used, at most once a minute."""
        if self.last_used_at is None or now - self.last_used_at > LAST_USED_PRECISION:
            self.last_used_at = now
            self.save(update_fields=["last_used_at"])

    def revoke(self) -> None:
        """Make the key useless from now on."""
        self.revoked_at = timezone.now()
        self.save(update_fields=["revoked_at"])


class SignInLink(models.Model):
    """A link that signs one person in, once. Only its digest is kept."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    used_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"sign-in link of {self.created_at:%Y-%m-%d %H:%M}"

    @classmethod
    def issue(cls, user: AbstractBaseUser) -> str:
        """Make a link for `user`; returns the token that goes into its path."""
        token = secrets.token_urlsafe(32)
        cls.objects.create(user_id=user.pk, digest=_digest(token))
        return token

    @classmethod
    def redeem(cls, token: str) -> User | None:
        """Use the link up and return whom it signs in; None when it is unknown, used or too old."""
        now = timezone.now()
        link = cls.objects.filter(digest=_digest(token), created_at__gt=now - SIGN_IN_LINK_LIFETIME)
        if not link.filter(used_at=None, user__is_active=True).update(used_at=now):
            return None
        return link.select_related("user").get().user


class IdempotencyKey(models.Model):
    """A request a client may repeat, and the answer it gets again. No status: still being answered."""

    credential = models.CharField(max_length=40, help_text="Who asked: key:<id> or user:<id>.")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of method, path and body.")
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    status = models.PositiveSmallIntegerField(null=True)
    headers = models.JSONField(default=dict)
    body = models.BinaryField(default=bytes)

    class Meta:
        ordering = ("-created_at",)
        constraints = (models.UniqueConstraint(fields=["credential", "key"], name="idempotency_key_once"),)

    def __str__(self) -> str:
        return f"{self.credential} {self.key}"


class DataRoot(models.Model):
    """The DATA_ROOT that every process on this database has to share: one row, the id that lies in that folder."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    folder_id = models.CharField(max_length=64)

    def __str__(self) -> str:
        return self.folder_id
