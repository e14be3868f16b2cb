"""What stands between clients and a server: proxies that note what they are asked, and do what a test tells them."""
