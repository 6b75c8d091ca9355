"""What comes in: mail, scans and uploads are received once, taken apart and read."""
