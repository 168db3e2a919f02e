import celery

tasks = celery.Celery("rows")
tasks.config_from_object("django.conf:settings", namespace="CELERY")
tasks.autodiscover_tasks(["rows"])
