data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  place = terraform_data.place.input
}

# Terraform reads data sources while it applies, when the module has `depends_on` and something in there changes. Names and
# ARNs made of them would be unknown in that plan, and what they name would be replaced. So they are kept in the state.
resource "terraform_data" "place" {
  input = {
    account    = data.aws_caller_identity.current.account_id
    dns_suffix = data.aws_partition.current.dns_suffix
    partition  = data.aws_partition.current.partition
    region     = data.aws_region.current.id
  }

  lifecycle {
    ignore_changes = [input]

    postcondition {
      condition     = self.input.account == data.aws_caller_identity.current.account_id && self.input.region == data.aws_region.current.id
      error_message = "The state is of account ${self.input.account} and region ${self.input.region}, and the provider is of ${data.aws_caller_identity.current.account_id} and ${data.aws_region.current.id}: use the provider of the state's account and region, or a state of its own for the other one."
    }
  }
}
