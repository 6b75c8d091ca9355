"""The record: letters, cases, numbers, dates, replies and who did what."""
