"""What a pull request must pass before it is planned with an identity of AWS."""
