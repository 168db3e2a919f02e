"""A Django project with one model and one task, which writes a row."""

from rows.worker import tasks

__all__ = ["tasks"]
