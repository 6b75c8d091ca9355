"""What differs between town halls: settings, tables, language, clock, logging."""
