"""Every HTTP route of the product."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView

from callcenter import account, health, pages
from callcenter.password_sign_in import AdminSignInForm, SignInForm

_sign_in = LoginView.as_view(authentication_form=SignInForm, redirect_authenticated_user=True)
admin.site.login_form = AdminSignInForm

urlpatterns = [
    path("", pages.home, name="home"),
    path("sign-in/", _sign_in, name="sign-in"),
    re_path(r"^sign-in/(?P<token>[\w-]+)/?$", pages.sign_in_by_link, name="sign-in-link"),
    path("sign-out/", LogoutView.as_view(), name="sign-out"),
    path("keys/", account.keys, name="keys"),
    path("keys/<int:key_id>/revoke/", account.key_revoke, name="key-revoke"),
    path("keys/name/", account.name, name="account-name"),
    re_path(r"^health/?$", health.health, name="health"),
    re_path(r"^readyz/?$", health.readiness, name="readiness"),
    re_path(r"^api/schema/?$", SpectacularAPIView.as_view(), name="api-schema"),
    re_path(r"^api/docs/?$", pages.api_docs, name="api-docs"),
    path("", include("callcenter.readiness.urls")),
    path("", include("callcenter.setup_urls")),
    path("admin/", admin.site.urls),
    path("", include("tasks_app.urls")),
    path("", include("tasks_app.page_urls")),
    path("", include("telephony.urls")),
    path("", include("telemetry.urls")),
]

handler400 = "tasks_app.problems.bad_request"
handler404 = "tasks_app.problems.not_found"
handler500 = "tasks_app.problems.server_error"
