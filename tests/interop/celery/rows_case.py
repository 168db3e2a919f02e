"""The base of the tests with Django: the project's database, and what its tasks wrote there."""

from celery_case import CeleryCase


class RowsCase(CeleryCase):
    application = "rows"
    more_environment = {"DJANGO_SETTINGS_MODULE": "rows.settings"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        import django
        from django.core.management import call_command
        django.setup()
        call_command("migrate", "--run-syncdb", verbosity=0)
        from rows.models import Row
        cls.rows = Row.objects
