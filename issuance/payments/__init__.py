"""Money due and money received: the order, and a port to whoever takes the payment."""
