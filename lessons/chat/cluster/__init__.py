"""What makes several processes one chat."""
