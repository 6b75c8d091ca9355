"""The practice mailbox: invented letters, and the script that makes their files again from the texts."""
