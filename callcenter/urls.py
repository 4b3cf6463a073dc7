"""Every HTTP route of the product."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from callcenter import health, pages

urlpatterns = [
    path("", pages.home, name="home"),
    path("sign-in/", LoginView.as_view(redirect_authenticated_user=True), name="sign-in"),
    re_path(r"^sign-in/(?P<token>[\w-]+)/?$", pages.sign_in_by_link, name="sign-in-link"),
    path("sign-out/", LogoutView.as_view(), name="sign-out"),
    re_path(r"^health/?$", health.health, name="health"),
    re_path(r"^readyz/?$", health.readiness, name="readiness"),
    re_path(r"^api/schema/?$", SpectacularAPIView.as_view(), name="api-schema"),
    re_path(r"^api/docs/?$", SpectacularSwaggerView.as_view(url_name="api-schema"), name="api-docs"),
    path("admin/", admin.site.urls),
    path("", include("tasks_app.urls")),
    path("", include("telephony.urls")),
    path("", include("telemetry.urls")),
]

handler404 = "tasks_app.problems.not_found"
handler500 = "tasks_app.problems.server_error"
