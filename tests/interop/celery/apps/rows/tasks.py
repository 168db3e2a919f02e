import celery

from rows.models import Row


@celery.shared_task(bind=True)
def write_row(self):
    Row.objects.create(task_id=self.request.id, redelivered=bool(self.request.delivery_info["redelivered"]))
