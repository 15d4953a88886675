"""What if: stored hours judged under another edition of the standards, beside their own."""
