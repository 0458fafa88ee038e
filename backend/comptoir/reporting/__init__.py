"""What can be read off the past: measures by place and day, and the reports made of them."""
