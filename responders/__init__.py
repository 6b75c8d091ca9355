"""Answering: drafts with sources, approval by a person, dispatch by e-mail or post, sent once."""
