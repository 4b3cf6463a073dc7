"""A person's own account: the name that the agent says, and the keys of their programs."""

from __future__ import annotations

import unicodedata
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from callcenter.models import ApiKey
from telephony.brief import CallBrief
from telephony.prompts import opening_line


class KeyForm(forms.Form):
    """A key's name, by which it is known again."""

    name = forms.CharField(max_length=100)

    def clean_name(self) -> str:
        """Control characters can be stored, and never read."""
        name: str = self.cleaned_data["name"]
        if any(unicodedata.category(character) == "Cc" for character in name):
            raise forms.ValidationError("Remove the control characters.")
        return name


class NameForm(forms.Form):
    """Whom the agent calls for."""

    first_name = forms.CharField(max_length=150, required=False)
    last_name = forms.CharField(max_length=150, required=False)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
@sensitive_variables("new_key")
def keys(request: HttpRequest) -> HttpResponse:
    """The reader's API keys; posted, a new one, whose text this answer alone shows."""
    form = KeyForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        row, new_key = ApiKey.issue(owner=_user(request), name=form.cleaned_data["name"])
        return _page(request, KeyForm(), new_key=new_key, new_row=row, status=201)
    return _page(request, form, status=422 if form.is_bound else 200)


@login_required
@require_POST
def key_revoke(request: HttpRequest, key_id: int) -> HttpResponse:
    """Make one of the reader's keys useless."""
    key = get_object_or_404(ApiKey, pk=key_id, owner=_user(request), revoked_at=None)
    key.revoke()
    messages.success(
        request, f"The key “{key.name}” is revoked: programs that use it are refused from now on."
    )
    return redirect("keys")


@login_required
@require_POST
def name(request: HttpRequest) -> HttpResponse:
    """Change the name that the agent says."""
    form = NameForm(request.POST)
    if not form.is_valid():
        return _page(request, KeyForm(), name_form=form, status=422)
    User.objects.filter(pk=_user(request).pk).update(**form.cleaned_data)
    messages.success(request, "Your name is saved. Calls from now on say it.")
    return redirect("keys")


def _page(request: HttpRequest, form: KeyForm, status: int = 200, **more: Any) -> HttpResponse:
    user = _user(request)
    own = ApiKey.objects.filter(owner=user)
    context = {
        "form": form,
        "name_form": NameForm(initial={"first_name": user.first_name, "last_name": user.last_name}),
        "keys": own.filter(revoked_at=None),
        "revoked": own.exclude(revoked_at=None).order_by("-revoked_at")[:20],
        "opening": opening_line(CallBrief(objective="", on_behalf_of=user.get_full_name())),
        **more,
    }
    return render(request, "keys/page.html", context, status=status)


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # login_required
    return request.user
