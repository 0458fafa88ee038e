"""What goes into which parcel, by which carrier, under which label; and who is asked when a carrier does not answer."""
