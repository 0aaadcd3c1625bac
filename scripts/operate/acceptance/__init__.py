"""Shows on a real account what no local AWS can show, and writes a record of it."""
