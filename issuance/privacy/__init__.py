"""What becomes of personal data: erased at the person's wish, or when its time is over; given to whom it is about."""
