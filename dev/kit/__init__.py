"""What the commands beside this folder share. Standard library only, unless a module says otherwise."""
