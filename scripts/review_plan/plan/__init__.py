"""What Terraform says, without any word of API Gateway."""
