import uuid

from django.db import transaction
from django.http import JsonResponse
from django.urls import path

from rows.tasks import write_row


def start(request):
    """Publishes after the commit, as Celery's documentation advises."""
    task_id = str(uuid.uuid4())
    with transaction.atomic():
        transaction.on_commit(lambda: write_row.apply_async(task_id=task_id))
    return JsonResponse({"id": task_id})


urlpatterns = [path("start", start)]
