"""What every screen is drawn with: lines, lists of lines, and the frame around them."""
