"""From the load on an API to what its authorizer needs and costs: formulas, and a simulation that checks them."""
