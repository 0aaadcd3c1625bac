"""Where keys come from, and how long they live."""
