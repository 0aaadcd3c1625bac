"""Work on what is deployed: plan and apply an environment, revoke a token, rotate a secret."""
