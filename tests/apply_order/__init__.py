"""The proof that an apply loses no call: each change, in seeded orders, against a local AWS as strict as AWS."""
