"""A module that starts a thread when it is loaded, as numerical libraries do."""

import threading

threading.Thread(target=threading.Event().wait, daemon=True).start()
