"""What a letter is about: language, facts, legal kind, topic, department, with evidence and honest doubt."""
