"""The web application for staff: one file per screen, server-rendered, Romanian first."""
