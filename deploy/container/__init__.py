"""What Lantian's image holds beside the packages, and how the stack of docker-compose.yml is made and started."""
