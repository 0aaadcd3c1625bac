moved {
  from = module.route_table
  to   = module.routes
}
