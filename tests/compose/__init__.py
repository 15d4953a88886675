"""The stack in containers: the images that tests of it need, and the tests."""
