# A resource block cannot refer to itself, so there is one for each depth.

resource "aws_api_gateway_resource" "depth_1" {
  for_each = local.tree[1]

  rest_api_id = aws_api_gateway_rest_api.this.id
  parent_id   = aws_api_gateway_rest_api.this.root_resource_id
  path_part   = each.value.part
}

resource "aws_api_gateway_resource" "depth_2" {
  for_each = local.tree[2]

  rest_api_id = aws_api_gateway_rest_api.this.id
  parent_id   = aws_api_gateway_resource.depth_1[each.value.parent].id
  path_part   = each.value.part
}

resource "aws_api_gateway_resource" "depth_3" {
  for_each = local.tree[3]

  rest_api_id = aws_api_gateway_rest_api.this.id
  parent_id   = aws_api_gateway_resource.depth_2[each.value.parent].id
  path_part   = each.value.part
}

resource "aws_api_gateway_resource" "depth_4" {
  for_each = local.tree[4]

  rest_api_id = aws_api_gateway_rest_api.this.id
  parent_id   = aws_api_gateway_resource.depth_3[each.value.parent].id
  path_part   = each.value.part
}

resource "aws_api_gateway_resource" "depth_5" {
  for_each = local.tree[5]

  rest_api_id = aws_api_gateway_rest_api.this.id
  parent_id   = aws_api_gateway_resource.depth_4[each.value.parent].id
  path_part   = each.value.part
}

resource "aws_api_gateway_resource" "depth_6" {
  for_each = local.tree[6]

  rest_api_id = aws_api_gateway_rest_api.this.id
  parent_id   = aws_api_gateway_resource.depth_5[each.value.parent].id
  path_part   = each.value.part
}

locals {
  resource_ids = merge(
    { "/" = aws_api_gateway_rest_api.this.root_resource_id },
    { for place, resource in aws_api_gateway_resource.depth_1 : place => resource.id },
    { for place, resource in aws_api_gateway_resource.depth_2 : place => resource.id },
    { for place, resource in aws_api_gateway_resource.depth_3 : place => resource.id },
    { for place, resource in aws_api_gateway_resource.depth_4 : place => resource.id },
    { for place, resource in aws_api_gateway_resource.depth_5 : place => resource.id },
    { for place, resource in aws_api_gateway_resource.depth_6 : place => resource.id },
  )
}
